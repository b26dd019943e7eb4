with source as (
    select * from {{ source('servicetitan', 'estimates') }}
),

renamed as (
    select
        tenant_id,
        id as estimate_id,
        job_id,
        project_id,
        location_id,
        customer_id,
        sold_by,
        business_unit_id,
        budget_code_id,
        coalesce(active, true) as is_active,
        is_recommended,
        is_change_order,
        require_deposit_on_signature as is_require_deposit_on_signature,
        name,
        job_number,
        review_status,
        summary,
        business_unit_name,
        proposal_tag_name,
        {{ moment('created_on') }} as created_at,
        {{ moment('modified_on') }} as modified_at,
        {{ moment('sold_on') }} as sold_at,
        subtotal,
        tax,
        deposit_amount,
        deposit_percent,
        status,
        status ->> 'name' as status_name,
        items,
        external_links,
        record,
        coalesce(_dlt_load_id, '') as load_id,
    from source
)

select * from renamed
