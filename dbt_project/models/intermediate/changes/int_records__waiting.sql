{%- set before = relation_before(this.schema, this.identifier) %}

-- a lead without a customer waits for nobody, nor does an estimate without a customer and a job
{%- set tables = {
    'leads': ('lead_id', 'customer_id', 'null'),
    'jobs': ('job_id', 'customer_id', 'null'),
    'appointments': ('appointment_id', 'null', 'job_id'),
    'estimates': ('estimate_id', 'customer_id', 'job_id'),
} %}

-- who has waited may wait no longer, and of all others only what has come can
with asked as (
    select
        tenant_id,
        source_table,
        record_id,
    from {{ ref('int_changes') }}
    {% if before -%}
    union
    select
        tenant_id,
        source_table,
        record_id,
    from {{ before }}
    {%- endif %}
),

records as (
    {%- for table, (record_id, customer_id, job_id) in tables.items() %}
    select
        records.tenant_id,
        '{{ table }}' as source_table,
        records.{{ record_id }} as record_id,
        cast({{ customer_id }} as bigint) as customer_id,
        cast({{ job_id }} as bigint) as job_id,
        coalesce(records.created_at, records.modified_at) as dated_at,
    from {{ ref('stg_servicetitan__' ~ table) }} as records
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
),

possible as (
    select records.*
    from records
    {% if before and not is_full() -%}
    semi join asked
        on records.tenant_id = asked.tenant_id
        and records.source_table = asked.source_table
        and records.record_id = asked.record_id
    {%- endif %}
),

waiting as (
    select * from possible as records
    anti join {{ ref('stg_servicetitan__customers') }} as customers
        on records.tenant_id = customers.tenant_id
        and records.customer_id = customers.customer_id
    where records.customer_id is not null
    union
    select * from possible as records
    anti join {{ ref('stg_servicetitan__jobs') }} as jobs
        on records.tenant_id = jobs.tenant_id
        and records.job_id = jobs.job_id
    where records.job_id is not null
)

select
    tenant_id,
    source_table,
    record_id,
    dated_at,
from waiting
