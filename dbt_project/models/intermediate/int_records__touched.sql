{%- set kinds = relation_before(this.schema, 'int_job_kinds__derived') %}
{%- set tables = {
    'customers': ('customer_id', 'customer_id', 'null'),
    'leads': ('lead_id', 'customer_id', 'null'),
    'jobs': ('job_id', 'customer_id', 'job_id'),
    'appointments': ('appointment_id', 'null', 'job_id'),
    'estimates': ('estimate_id', 'customer_id', 'job_id'),
    'job_canceled_logs': ('job_canceled_log_id', 'null', 'job_id'),
    'state_updates': ('null', 'customer_id', 'null'),
    'contact_links': ('null', 'customer_id', 'null'),
} %}

with new_loads as (
    select * from {{ ref('int_loads__new') }}
),

{% for table, (record_id, customer_id, job_id) in tables.items() -%}
{{ table }} as (
    select
        '{{ table }}' as source_table,
        tenant_id,
        cast({{ record_id }} as bigint) as record_id,
        cast({{ customer_id }} as bigint) as customer_id,
        cast({{ job_id }} as bigint) as job_id,
        {{ 'state_update_id' if table == 'state_updates' else 'cast(null as varchar)' }} as state_update_id,
    from {{ ref('stg_servicetitan__' ~ table) }}
    where load_id in (select load_id from new_loads where source_table = '{{ table }}')
),

{% endfor -%}
changed_kinds as (
    select now.*
    from {{ ref('int_job_kinds') }} as now
    {% if kinds -%}
    left join {{ kinds }} as before
        on now.tenant_id = before.tenant_id
        and now.job_type_id is not distinct from before.job_type_id
        and now.business_unit_id is not distinct from before.business_unit_id
    where now.job_kind is distinct from before.job_kind
    {%- endif %}
),

-- a job type that is renamed changes its jobs
renamed as (
    select
        'jobs' as source_table,
        jobs.tenant_id,
        jobs.job_id as record_id,
        jobs.customer_id,
        jobs.job_id,
        cast(null as varchar) as state_update_id,
    from {{ ref('stg_servicetitan__jobs') }} as jobs
    inner join changed_kinds
        on jobs.tenant_id = changed_kinds.tenant_id
        and jobs.job_type_id is not distinct from changed_kinds.job_type_id
        and jobs.business_unit_id is not distinct from changed_kinds.business_unit_id
),

{% set all = tables.keys() | list + ['renamed'] -%}
touched as (
    {% for table in all -%}
    select * from {{ table }}
    {% if not loop.last %}union all{% endif %}
    {% endfor -%}
)

select * from touched
where not (select is_full from {{ ref('int_derivations__begun') }})
