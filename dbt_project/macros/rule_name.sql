{# The rules of the matrix, and the one that stands above it. #}
{% macro rule_name(expression) -%}
    cast({{ expression }} as enum ('accept', 'ignore', 'new_job', 'another_job', 'this_round', 'each_job', 'state_set'))
{%- endmacro %}
