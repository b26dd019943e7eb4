-- what the models int_events__… give
{%- set names = [
    'lead_created', 'lead_converted', 'sales_appointment_booked', 'sales_job_canceled', 'estimate_created',
    'estimate_sold', 'install_appointment_booked', 'install_job_canceled', 'install_job_completed', 'state_set',
] %}

with seed as (
    select
        *,
        coalesce(nullif(trim(event_name), ''), '(no name)') as name,
        concat_ws(
            ', ',
            case when name = '(no name)' then 'event_name' end,
            case when to_state is null and name != 'state_set' then 'to_state' end,
            case when source_table is null then 'source_table' end,
            case when coalesce(trim(prefix), '') = '' then 'prefix' end,
            case when "order" is null then 'order' end
        ) as missing,
    from {{ ref('customer_events') }}
),

given as (
    {%- for name in names %}
    select '{{ name }}' as event_name
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
),

evidence as (
    {%- for table in evidence() %}
    select '{{ table }}' as source_table
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
),

found as (
    select
        given.event_name as name,
        'has no row' as what,
    from given
    anti join seed on given.event_name = seed.event_name
    union all
    select
        name,
        'has ' || count(*) || ' rows' as what,
    from seed
    group by name
    having count(*) > 1
    union all
    select
        name,
        'lacks ' || missing as what,
    from seed
    where missing != ''
    union all
    select
        name,
        'has the to_state ' || to_state || ': it leads to any' as what,
    from seed
    where name = 'state_set' and to_state is not null
    union all
    select
        name,
        'has the source_table ' || source_table
        || ': {{ evidence() | join(", ") }}' as what,
    from seed
    where source_table not in (select source_table from evidence)
    union all
    select
        string_agg(distinct name, ' and ' order by name) as name,
        'have the prefix ' || prefix || ' and not one source_table' as what,
    from seed
    group by prefix
    having count(distinct source_table) > 1
    union all
    select
        string_agg(name, ' and ' order by name) as name,
        'have one prefix, suffix and to_state' as what,
    from seed
    group by prefix, suffix, to_state
    having count(distinct name) > 1
    union all
    select
        string_agg(name, ' and ' order by name) as name,
        'have the order ' || "order" as what,
    from seed
    where "order" is not null
    group by "order"
    having count(*) > 1
    union all
    select
        seed.name,
        'has the order ' || seed."order" || ', that of ' || others.name || ' is ' || others."order"
        || ': they go with to_state, state_set is last' as what,
    from seed
    inner join seed as others
        on seed."order" < others."order"
        and (seed.to_state > others.to_state or (seed.name = 'state_set' and others.name != 'state_set'))
)

select concat('customer_events: ', name, ' ', what) as problem,
from found
