{{ config(materialized='view') }}

with spans as (
    select * from {{ ref('customer_state_spans') }}
    where state in (2.5, 5.5)
),

jobs as (
    select * from {{ ref('stg_servicetitan__jobs') }}
),

job_types as (
    select * from {{ ref('stg_servicetitan__job_types') }}
),

cancellations as (
    select
        spans.tenant_id,
        spans.tenant_name,
        spans.servicetitan_customer_id,
        spans.job_id,
        jobs.job_type_id,
        job_types.name as job_type_name,
        case spans.state when 2.5 then 'sales' else 'install' end as job_kind,
        spans.entered_at as canceled_at,
        case
            when spans.next_state is null then 'open'
            when spans.next_state = 0 then 'lost'
            else 'back'
        end as outcome,
        spans.left_at as ended_at,
        spans.next_state,
        spans.next_state_name,
        spans.days as days_until_end,
    from spans
    left join jobs
        on spans.tenant_id = jobs.tenant_id
        and spans.job_id = jobs.job_id
    left join job_types
        on jobs.tenant_id = job_types.tenant_id
        and jobs.job_type_id = job_types.job_type_id
)

select * from cancellations
