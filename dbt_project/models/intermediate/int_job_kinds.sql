{%- set before = relation_before(this.schema, this.identifier) %}

with kinds_before as (
    {% if before -%}
    select
        tenant_id,
        job_type_id,
        business_unit_id,
        job_kind,
    from {{ before }}
    {%- else -%}
    select
        cast(null as bigint) as tenant_id,
        cast(null as bigint) as job_type_id,
        cast(null as bigint) as business_unit_id,
        null as job_kind,
    limit 0
    {%- endif %}
),

changed_jobs as (
    select
        tenant_id,
        record_id,
    from {{ ref('int_changes') }}
    where source_table = 'jobs'
),

combinations as (
    select
        tenant_id,
        job_type_id,
        business_unit_id,
    from {{ ref('stg_servicetitan__jobs') }} as jobs
    {% if not is_full() -%}
    semi join changed_jobs
        on jobs.tenant_id = changed_jobs.tenant_id
        and jobs.job_id = changed_jobs.record_id
    {%- endif %}
    group by all
    union
    select
        tenant_id,
        job_type_id,
        business_unit_id,
    from kinds_before
),

named as (
    select
        combinations.*,
        job_types.name as job_type_name,
        business_units.name as business_unit_name,
    from combinations
    left join {{ ref('stg_servicetitan__job_types') }} as job_types
        on combinations.tenant_id = job_types.tenant_id
        and combinations.job_type_id = job_types.job_type_id
    left join {{ ref('stg_servicetitan__business_units') }} as business_units
        on combinations.tenant_id = business_units.tenant_id
        and combinations.business_unit_id = business_units.business_unit_id
),

matched as (
    select
        named.*,
        rules.match_field,
        rules.pattern,
        rules.job_kind,
        rules.priority,
        row_number() over (
            partition by named.tenant_id, named.job_type_id, named.business_unit_id
            order by rules.priority, rules.tenant_id is null, rules.match_field, coalesce(rules.pattern, '')
        ) as rank,
    from named
    inner join {{ ref('job_kind_rules') }} as rules
        on coalesce(rules.tenant_id, named.tenant_id) = named.tenant_id
        and case rules.match_field
            when 'job_type_id' then coalesce(rules.pattern = cast(named.job_type_id as varchar), rules.pattern is null)
            when 'business_unit_id'
                then coalesce(rules.pattern = cast(named.business_unit_id as varchar), rules.pattern is null)
            when 'job_type_name' then regexp_matches(named.job_type_name, coalesce(rules.pattern, ''), 'i')
            when 'business_unit_name' then regexp_matches(named.business_unit_name, coalesce(rules.pattern, ''), 'i')
        end
),

first_match as (
    select * exclude (rank) from matched
    where rank = 1
)

select
    first_match.*,
    coalesce(first_match.job_kind != kinds_before.job_kind, true) as is_changed,
from first_match
left join kinds_before
    on first_match.tenant_id = kinds_before.tenant_id
    and first_match.job_type_id is not distinct from kinds_before.job_type_id
    and first_match.business_unit_id is not distinct from kinds_before.business_unit_id
