with source as (
    select * from {{ source('servicetitan', 'appointments') }}
),

renamed as (
    select
        tenant_id,
        id as appointment_id,
        job_id,
        customer_id,
        created_by_id,
        coalesce(active, true) as is_active,
        unused as is_unused,
        is_confirmed,
        appointment_number,
        status,
        special_instructions,
        {{ moment('start') }} as starts_at,
        {{ moment('"end"') }} as ends_at,
        {{ moment('arrival_window_start') }} as arrival_window_starts_at,
        {{ moment('arrival_window_end') }} as arrival_window_ends_at,
        {{ moment('created_on') }} as created_at,
        {{ moment('modified_on') }} as modified_at,
        appointment_summaries,
        record,
        coalesce(_dlt_load_id, '') as load_id,
    from source
)

select * from renamed
