{# The rule of job_kind_rules that takes what is left, by the order in which the rules are asked. #}
{% macro last_rule() -%}
    select *
    from {{ ref('job_kind_rules') }}
    order by
        priority desc, tenant_id is null desc, origin = 'shipped' desc, match_field desc, coalesce(pattern, '') desc
    limit 1
{%- endmacro %}

{# Condition: it is that rule which took those jobs. #}
{% macro is_rule(kinds, rule) -%}
    {{ kinds }}.priority = {{ rule }}.priority
    and {{ kinds }}.match_field = {{ rule }}.match_field
    and {{ kinds }}.pattern is not distinct from {{ rule }}.pattern
    and {{ kinds }}.rule_tenant_id is not distinct from {{ rule }}.tenant_id
    and {{ kinds }}.origin = {{ rule }}.origin
{%- endmacro %}
