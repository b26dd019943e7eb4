with source as (
    select * from {{ source('servicetitan', 'job_cancel_reasons') }}
),

renamed as (
    select
        tenant_id,
        id as job_cancel_reason_id,
        coalesce(active, true) as is_active,
        name,
        {{ moment('created_on') }} as created_at,
        {{ moment('modified_on') }} as modified_at,
        record,
        coalesce(_dlt_load_id, '') as load_id,
    from source
)

select * from renamed
