with source as (
    select * from {{ source('servicetitan', 'appointment_assignments') }}
),

renamed as (
    select
        tenant_id,
        id as appointment_assignment_id,
        technician_id,
        assigned_by_id,
        job_id,
        appointment_id,
        coalesce(active, true) as is_active,
        is_paused,
        technician_name,
        status,
        {{ moment('assigned_on') }} as assigned_at,
        {{ moment('created_on') }} as created_at,
        {{ moment('modified_on') }} as modified_at,
        record,
        coalesce(_dlt_load_id, '') as load_id,
    from source
)

select * from renamed
