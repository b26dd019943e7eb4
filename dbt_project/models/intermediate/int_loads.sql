{{ config(materialized='view') }}

{%- set records = [
    'customers', 'leads', 'jobs', 'appointments', 'estimates', 'job_canceled_logs', 'state_updates', 'contact_links'
] %}
{%- set lists = {
    'tenants': 'tenant_name, workspace_id',
    'job_types': 'job_type_id, name',
    'business_units': 'business_unit_id, name',
} %}

-- what the raw tables hold, load by load
{% for table in records -%}
select
    '{{ table }}' as source_table,
    load_id,
    count(*) as row_count,
from {{ ref('stg_servicetitan__' ~ table) }}
group by load_id
union all
{% endfor %}
-- these are read whole by every sync, so that a load says nothing: their content does
{% for table, columns in lists.items() -%}
select
    '{{ table }}' as source_table,
    md5(coalesce(
        string_agg(cast(row(tenant_id, {{ columns }}) as varchar) order by tenant_id, {{ columns }}), ''
    )) as load_id,
    count(*) as row_count,
from {{ ref('stg_servicetitan__' ~ table) }}
{%- if not loop.last %}
union all
{% endif %}
{%- endfor %}
