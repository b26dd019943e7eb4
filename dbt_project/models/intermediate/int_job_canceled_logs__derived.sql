{{ config(
    materialized='incremental', incremental_strategy='delete+insert', unique_key=['tenant_id', 'job_canceled_log_id']
) }}

-- depends_on: {{ ref('int_customer_events') }}

select
    tenant_id,
    job_canceled_log_id,
    job_id,
from {{ ref('stg_servicetitan__job_canceled_logs') }}
where load_id in (select load_id from {{ ref('int_loads__new') }} where source_table = 'job_canceled_logs')
