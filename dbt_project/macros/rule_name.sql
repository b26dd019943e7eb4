{# The rules of the matrix, and the one that stands above it. #}
{% macro rule_name(expression) -%}
    cast({{ expression }} as enum ('accept', 'new_job', 'ignore', 'state_set'))
{%- endmacro %}
