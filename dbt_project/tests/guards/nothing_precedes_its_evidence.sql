-- detected_at is no bound: what was seen once may be dated later by its records, as when an estimate's sale is moved

with standing as (
    select * from {{ ref('customer_state_transitions') }}
    where {{ of_changed_customers(ref('customer_state_transitions')) }} and retracted_at is null
),

-- millions of records pass by the few that are asked for, not the other way round
proven as (
    {%- for table, key in evidence().items() %}
    select
        records.tenant_id,
        '{{ table }}' as source_table,
        cast(records.{{ key }} as varchar) as source_id,
    from {{ ref('stg_servicetitan__' ~ table) }} as records
    semi join standing
        on records.tenant_id = standing.tenant_id
        and records.{{ key }} = try_cast(standing.source_id as {{ 'varchar' if 'update' in key else 'bigint' }})
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
),

problems as (
    select concat_ws(' ', 'transition', transition_id, 'occurred at', occurred_at, 'which is yet to come') as problem
    from standing
    where occurred_at > {{ as_of() }}
    union all
    select concat_ws(' ', 'transition', transition_id, 'stands;', source_table, source_id, 'is not in the warehouse')
    from standing
    anti join proven
        on standing.tenant_id = proven.tenant_id
        and standing.source_table = proven.source_table
        and standing.source_id = proven.source_id
    where standing.event_name != 'reset'
)

select * from problems
