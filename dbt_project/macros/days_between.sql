{# Days of 24 hours, with their fraction. DuckDB's own difference of two such moments asks the calendar, which takes
   some hundred times as long. #}
{% macro days_between(earlier, later) -%}
    (epoch_us({{ later }}) - epoch_us({{ earlier }})) / 86400000000
{%- endmacro %}
