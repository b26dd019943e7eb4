{%- set states = relation_before('marts', 'customer_servicetitan_state') %}

with merged as (
    select * from {{ ref('int_customers__merged') }}
),

derivation as (
    select * from {{ ref('int_derivations__begun') }}
),

-- whoever is touched, and whoever became the same customer
survivors as (
    select distinct
        merged.tenant_id,
        merged.merged_customer_id,
    from merged
    semi join {{ ref('int_customers__touched') }} as touched
        on merged.tenant_id = touched.tenant_id
        and merged.customer_id = touched.customer_id
),

-- a small number for each survivor, because every join of the derivation is on it
changed as (
    select
        tenant_id,
        customer_id,
        merged_customer_id,
        cast(dense_rank() over (order by tenant_id, merged_customer_id) as integer) as customer_key,
    from merged
    where (select is_full from derivation)
        or (tenant_id, merged_customer_id) in (select (tenant_id, merged_customer_id) from survivors)
),

{% if states -%}
gone as (
    select
        states.tenant_id,
        states.servicetitan_customer_id as customer_id,
    from {{ states }} as states
    anti join merged
        on states.tenant_id = merged.tenant_id
        and states.servicetitan_customer_id = merged.customer_id
    where (select is_full from derivation)
),

{% endif -%}
known as (
    select * from changed
    {% if states -%}
    union all by name
    select * from gone
    {%- endif %}
)

select * from known
