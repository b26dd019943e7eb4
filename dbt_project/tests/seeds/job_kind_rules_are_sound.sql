with rules as (
    select
        *,
        concat_ws(
            ', ',
            coalesce('tenant ' || tenant_id, 'every tenant'),
            coalesce(match_field, 'no field'),
            coalesce('pattern ' || pattern, 'no pattern'),
            coalesce('priority ' || priority, 'no priority')
        ) as rule_text,
    from {{ ref('job_kind_rules') }}
),

problems as (
    select 'job_kind_rules (' || rule_text || ') looks at no field that there is' as problem
    from rules
    where coalesce(match_field, '')
        not in ('job_type_id', 'job_type_name', 'business_unit_id', 'business_unit_name')
    union all
    select 'job_kind_rules (' || rule_text || ') gives the kind ' || coalesce(job_kind, '(empty)')
        || ': sales, install or other'
    from rules
    where coalesce(job_kind, '') not in ('sales', 'install', 'other')
    union all
    select 'job_kind_rules (' || rule_text || ') has no priority'
    from rules
    where priority is null
    union all
    select 'job_kind_rules (' || rule_text || ') is no number'
    from rules
    where match_field in ('job_type_id', 'business_unit_id') and not regexp_full_match(pattern, '\d+')
    union all
    select 'job_kind_rules (' || rule_text || ') is no regular expression'
    from rules
    where match_field in ('job_type_name', 'business_unit_name')
        and pattern is not null
        and try(regexp_matches('', pattern, 'i')) is null
    union all
    select 'job_kind_rules has ' || count(*) || ' rows with one tenant, field and pattern: '
        || array_to_string(array_agg(rule_text order by priority), ' and ')
    from rules
    group by tenant_id, match_field, pattern
    having count(*) > 1
)

select * from problems
