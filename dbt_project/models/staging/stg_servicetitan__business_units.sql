with source as (
    select * from {{ source('servicetitan', 'business_units') }}
),

renamed as (
    select
        tenant_id,
        id as business_unit_id,
        coalesce(active, true) as is_active,
        name,
        official_name,
        email,
        currency,
        phone_number,
        invoice_header,
        invoice_message,
        authorization_paragraph,
        acknowledgement_paragraph,
        material_sku,
        quickbooks_class,
        account_code,
        franchise_id,
        concept_code,
        corporate_contract_number,
        certified_sentricon_specialist_code,
        {{ moment('created_on') }} as created_at,
        {{ moment('modified_on') }} as modified_at,
        default_tax_rate,
        address,
        trade,
        division,
        tag_type_ids,
        tenant,
        external_data,
        record,
        coalesce(_dlt_load_id, '') as load_id,
    from source
)

select * from renamed
