{# A date before 1900 is ServiceTitan's way of saying that there is none. #}
{% macro moment(column) -%}
    case when {{ column }} >= timestamptz '1900-01-01 00:00:00+00' then {{ column }} end
{%- endmacro %}
