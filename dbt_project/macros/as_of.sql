{# The run's clock: the var `as_of`, or, where dbt is run by hand, the moment at which it was started. #}
{% macro as_of() -%}
    timestamptz '{{ var("as_of", run_started_at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")) }}'
{%- endmacro %}
