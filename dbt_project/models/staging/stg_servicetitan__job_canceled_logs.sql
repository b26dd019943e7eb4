with source as (
    select * from {{ source('servicetitan', 'job_canceled_logs') }}
),

renamed as (
    select
        tenant_id,
        id as job_canceled_log_id,
        job_id,
        reason_id,
        created_by_id,
        coalesce(active, true) as is_active,
        memo,
        {{ moment('created_on') }} as created_at,
        record,
        coalesce(_dlt_load_id, '') as load_id,
    from source
)

select * from renamed
