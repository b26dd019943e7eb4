{{ config(materialized='view') }}

with kinds as (
    select
        to_state as state,
        replace(event_name, '_job_canceled', '') as job_kind,
    from {{ ref('customer_events') }}
    where event_name in ('sales_job_canceled', 'install_job_canceled')
),

spans as (
    select
        spans.*,
        kinds.job_kind,
    from {{ ref('customer_state_spans') }} as spans
    inner join kinds on spans.state = kinds.state
    where spans.state != floor(spans.state) -- DuckDB reads the other columns of those alone
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
        spans.job_type_id,
        job_types.name as job_type_name,
        spans.job_kind,
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
    left join job_types
        on spans.tenant_id = job_types.tenant_id
        and spans.job_type_id = job_types.job_type_id
)

select * from cancellations
