-- a lead without a customer waits for nobody, nor does an estimate without a customer and a job
{%- set waits_for_customer = {'leads': 'lead_id', 'jobs': 'job_id', 'estimates': 'estimate_id'} %}
{%- set waits_for_job = {'appointments': 'appointment_id', 'estimates': 'estimate_id'} %}

with customers as (
    select * from {{ ref('stg_servicetitan__customers') }}
),

jobs as (
    select * from {{ ref('stg_servicetitan__jobs') }}
),

of_customers as (
    {%- for table, key in waits_for_customer.items() %}
    select
        tenant_id,
        '{{ table }}' as source_table,
        {{ key }} as record_id,
        customer_id,
        coalesce(created_at, modified_at) as dated_at,
    from {{ ref('stg_servicetitan__' ~ table) }}
    where customer_id is not null
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
),

of_jobs as (
    {%- for table, key in waits_for_job.items() %}
    select
        tenant_id,
        '{{ table }}' as source_table,
        {{ key }} as record_id,
        job_id,
        coalesce(created_at, modified_at) as dated_at,
    from {{ ref('stg_servicetitan__' ~ table) }}
    where job_id is not null
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
),

waiting as (
    select of_customers.* exclude (customer_id)
    from of_customers
    anti join customers
        on of_customers.tenant_id = customers.tenant_id
        and of_customers.customer_id = customers.customer_id
    union
    select of_jobs.* exclude (job_id)
    from of_jobs
    anti join jobs
        on of_jobs.tenant_id = jobs.tenant_id
        and of_jobs.job_id = jobs.job_id
)

select *
from waiting
where coalesce(dated_at < {{ as_of() }} - interval 24 hour, true)
