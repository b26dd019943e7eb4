with source as (
    select * from {{ source('servicetitan', 'state_updates') }}
),

renamed as (
    select
        tenant_id,
        id as state_update_id,
        customer_id,
        to_state,
        job_id,
        reason,
        set_by,
        {{ moment('set_at') }} as set_at,
        coalesce(start_flow, true) as is_flow_wanted,
        coalesce(_dlt_load_id, '') as load_id,
    from source
)

select * from renamed
