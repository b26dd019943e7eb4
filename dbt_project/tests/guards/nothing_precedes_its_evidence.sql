-- detected_at is no bound: what was seen once may be dated later by its records, as when an estimate's sale is moved
with standing as (
    select
        log.*,
        try_cast(log.source_id as bigint) as record_id,
    from {{ ref('customer_state_transitions') }} as log
    semi join {{ ref('int_customers__changed') }} as changed
        on log.tenant_id = changed.tenant_id
        and log.servicetitan_customer_id = changed.customer_id
    where log.retracted_at is null
),

unproven as (
    {%- for table, key in {'leads': 'lead_id', 'appointments': 'appointment_id', 'jobs': 'job_id',
        'estimates': 'estimate_id', 'state_updates': 'state_update_id'}.items() %}
    select standing.*
    from standing
    anti join {{ ref('stg_servicetitan__' ~ table) }} as records
        on standing.tenant_id = records.tenant_id
        and standing.{{ 'source_id' if table == 'state_updates' else 'record_id' }} = records.{{ key }}
    where standing.source_table = '{{ table }}'
    union all
    {%- endfor %}
    select *
    from standing
    where
        coalesce(source_table, '') not in ('leads', 'appointments', 'jobs', 'estimates', 'state_updates')
        and event_name != 'reset'
),

problems as (
    select concat_ws(' ', 'transition', transition_id, 'occurred at', occurred_at, 'which is yet to come') as problem
    from standing
    where occurred_at > {{ as_of() }}
    union all
    select concat_ws(' ', 'transition', transition_id, 'stands;', source_table, source_id, 'is not in the warehouse')
    from unproven
)

select * from problems
