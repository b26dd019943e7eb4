{%- set seeds = ['customer_events', 'customer_states', 'job_kind_rules', 'state_transition_rules'] %}
{%- set names = {'job_types': 'job_type_id', 'business_units': 'business_unit_id'} %}

with rules as (
    select
        cast(null as bigint) as tenant_id,
        'models' as subject,
        cast(null as bigint) as subject_id,
        '{{ var("code_version", invocation_id) }}' as content,
    {%- for seed in seeds %}
    union all
    select
        {{ 'tenant_id' if seed == 'job_kind_rules' else 'null' }} as tenant_id,
        '{{ seed }}' as subject,
        null as subject_id,
        md5(cast(list(seed order by seed) as varchar)) as content,
    from {{ ref(seed) }} as seed
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
