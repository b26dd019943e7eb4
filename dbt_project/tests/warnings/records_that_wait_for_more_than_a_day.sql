-- a lead without a customer waits for nobody, nor does an estimate without a customer and a job
with customers as (
    select
        tenant_id,
        customer_id,
    from {{ ref('stg_servicetitan__customers') }}
),

jobs as (
    select
        tenant_id,
        job_id,
    from {{ ref('stg_servicetitan__jobs') }}
),

{% for table, key in {'leads': 'lead_id', 'jobs': 'job_id', 'estimates': 'estimate_id'}.items() -%}
{{ table }}_without_customer as (
    select
        records.tenant_id,
        '{{ table }}' as source_table,
        records.{{ key }} as source_id,
        coalesce(records.created_at, records.modified_at) as dated_at,
    from {{ ref('stg_servicetitan__' ~ table) }} as records
    anti join customers
        on records.tenant_id = customers.tenant_id
        and records.customer_id = customers.customer_id
    where records.customer_id is not null
),

{% endfor -%}
{% for table, key in {'appointments': 'appointment_id', 'estimates': 'estimate_id'}.items() -%}
{{ table }}_without_job as (
    select
        records.tenant_id,
        '{{ table }}' as source_table,
        records.{{ key }} as source_id,
        coalesce(records.created_at, records.modified_at) as dated_at,
    from {{ ref('stg_servicetitan__' ~ table) }} as records
    anti join jobs
        on records.tenant_id = jobs.tenant_id
        and records.job_id = jobs.job_id
    where records.job_id is not null
),

{% endfor -%}
waiting as (
    select * from leads_without_customer
    union
    select * from jobs_without_customer
    union
    select * from estimates_without_customer
    union
    select * from appointments_without_job
    union
    select * from estimates_without_job
)

select *
from waiting
where coalesce(dated_at < {{ as_of() }} - interval 24 hour, true)
