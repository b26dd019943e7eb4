{# The columns of int_job_kinds that a job of that alias has. #}
{% macro kind_columns(jobs) %}
    {%- set asked = asked_of(jobs) %}
    {{ jobs }}.tenant_id,
    {{ jobs }}.job_type_id,
    {{ jobs }}.business_unit_id,
    {%- for column in ['recall_for_id', 'warranty_id', 'created_from_estimate_id'] %}
    cast({{ asked.get(column, 'null') }} as bigint) as {{ column }},
    {%- endfor %}
    cast({{ asked.get('is_no_charge', 'null') }} as boolean) as is_no_charge
{%- endmacro %}

{# Condition: the row of int_job_kinds is the job's. #}
{% macro is_of_kind(jobs, kinds) -%}
    {{ jobs }}.tenant_id = {{ kinds }}.tenant_id
    and {{ jobs }}.job_type_id is not distinct from {{ kinds }}.job_type_id
    and {{ jobs }}.business_unit_id is not distinct from {{ kinds }}.business_unit_id
    {%- for column, value in asked_of(jobs).items() %}
    and {{ value }} is not distinct from {{ kinds }}.{{ column }}
    {%- endfor %}
{%- endmacro %}
