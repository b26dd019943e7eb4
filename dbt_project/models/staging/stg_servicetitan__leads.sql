with source as (
    select * from {{ source('servicetitan', 'leads') }}
),

renamed as (
    select
        tenant_id,
        id as lead_id,
        customer_id,
        location_id,
        business_unit_id,
        job_type_id,
        campaign_id,
        created_by_id,
        call_reason_id,
        call_id,
        booking_id,
        manual_call_id,
        dismissing_reason_id,
        coalesce(active, true) as is_active,
        status,
        priority,
        summary,
        lead_url,
        lead_customer_name,
        lead_phone,
        lead_email,
        lead_street,
        lead_unit,
        lead_city,
        lead_state,
        lead_zip,
        lead_country,
        capture_source,
        {{ moment('follow_up_date') }} as follow_up_at,
        {{ moment('created_on') }} as created_at,
        {{ moment('modified_on') }} as modified_at,
        tag_type_ids,
        record,
        coalesce(_dlt_load_id, '') as load_id,
    from source
)

select * from renamed
