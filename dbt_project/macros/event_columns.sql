{# What the fold carries along of an event, so that nothing has to be joined again. #}
{% macro event_columns() -%}
    event_order, to_state, occurred_at, expires_at, job_id, record_id, cancellation_number, is_last
{%- endmacro %}
