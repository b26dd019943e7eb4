{{ config(full_refresh=false, incremental_strategy='append') }}

-- depends_on: {{ ref('customer_state_transitions') }}

with complete_syncs as (
    select
        tenant_id,
        sync_id,
    from {{ ref('stg_servicetitan__tenant_syncs') }}
    where is_complete and stream in ({{ "'" ~ var('streams') | join("', '") ~ "'" }})
    group by all
    having count(distinct stream) = {{ var('streams') | length }}
),

established as (
    select distinct
        tenant_id,
        {{ as_of() }} as established_at,
    from complete_syncs
    {% if is_incremental() -%}
    where tenant_id not in (select tenant_id from {{ this }})
    {%- endif %}
)

select * from established
