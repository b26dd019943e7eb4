{%- set seeds = [
    'customer_events', 'customer_states', 'job_kind_rules', 'cancel_reason_rules', 'state_transition_rules',
] %}
{%- set names = {'job_types': 'job_type_id', 'business_units': 'business_unit_id'} %}

with rules as (
    select
        cast(null as bigint) as tenant_id,
        'models' as subject,
        cast(null as bigint) as subject_id,
        '{{ var("code_version", invocation_id) }}' as content,
    -- wherever a row comes from, it is the same rule
    {%- for seed in seeds %}
    union all
    select
        {{ 'null' if seed == 'customer_events' else 'tenant_id' }} as tenant_id,
        '{{ seed }}' as subject,
        null as subject_id,
        md5(string_agg(rule, ',' order by rule)) as content,
    from (
        select
            *,
            json_merge_patch(to_json(rules), '{"origin": null}') as rule,
        from {{ ref(seed) }} as rules
    )
    group by all
    {%- endfor %}
    {%- for table, id in names.items() %}
    union all
    select
        tenant_id,
        '{{ table }}' as subject,
        {{ id }} as subject_id,
        name as content,
    from {{ ref('stg_servicetitan__' ~ table) }}
    where name is not null
    {%- endfor %}
)

select * from rules
