{%- set before = relation_before(this.schema, this.identifier) if not is_full() %}
{%- set key = [
    'tenant_id', 'job_type_id', 'business_unit_id',
    'recall_for_id', 'warranty_id', 'created_from_estimate_id', 'is_no_charge',
] %}

with changed_jobs as (
    select
        tenant_id,
        record_id,
    from {{ ref('int_changes') }}
    where source_table = 'jobs'
),

kinds_before as (
    {% if before -%}
    select
        {% for column in key -%}
        {{ column }},
        {% endfor -%}
        job_kind,
        estimates_from,
    from {{ before }}
    {%- else -%}
    select
        {{ kind_columns('jobs') }},
        null as job_kind,
        null as estimates_from,
    from {{ ref('stg_servicetitan__jobs') }} as jobs
    limit 0
    {%- endif %}
),

combinations as (
    select {{ kind_columns('jobs') }},
    from {{ ref('stg_servicetitan__jobs') }} as jobs
    {% if not is_full() -%}
    semi join changed_jobs
        on jobs.tenant_id = changed_jobs.tenant_id
        and jobs.job_id = changed_jobs.record_id
    {%- endif %}
    group by all
    union
    select * exclude (job_kind, estimates_from)
    from kinds_before
),

named as (
    select
        combinations.*,
        row_number() over () as combination_id,
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
        rules.tenant_id as rule_tenant_id,
        rules.match_field,
        rules.pattern,
        rules.origin,
        rules.job_kind,
        rules.priority,
        rules.estimates_from,
    from named
    inner join {{ ref('job_kind_rules') }} as rules
        on coalesce(rules.tenant_id, named.tenant_id) = named.tenant_id
        and case rules.match_field
            when 'job_type_id' then coalesce(rules.pattern = cast(named.job_type_id as varchar), rules.pattern is null)
            when 'business_unit_id'
                then coalesce(rules.pattern = cast(named.business_unit_id as varchar), rules.pattern is null)
            when 'job_type_name' then regexp_matches(named.job_type_name, coalesce(rules.pattern, ''), 'i')
            when 'business_unit_name' then regexp_matches(named.business_unit_name, coalesce(rules.pattern, ''), 'i')
            {%- for link in ['recall_for_id', 'warranty_id', 'created_from_estimate_id'] %}
            when '{{ link }}'
                then named.{{ link }} is not null and rules.pattern in ('*', cast(named.{{ link }} as varchar))
            {%- endfor %}
            when 'no_charge' then rules.pattern = cast(named.is_no_charge as varchar)
        end
),

first_match as (
    select *
    from matched
    qualify row_number() over (
        partition by combination_id
        order by priority, rule_tenant_id is null, origin = 'shipped', match_field, coalesce(pattern, '')
    ) = 1
)

select
    first_match.* exclude (combination_id),
    coalesce(
        first_match.job_kind != kinds_before.job_kind
        or first_match.estimates_from is distinct from kinds_before.estimates_from,
        true
    ) as is_changed,
from first_match
left join kinds_before
    on first_match.tenant_id = kinds_before.tenant_id
    {%- for column in key[1:] %}
    and first_match.{{ column }} is not distinct from kinds_before.{{ column }}
    {%- endfor %}
