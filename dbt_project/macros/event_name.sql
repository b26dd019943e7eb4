{# The names of the events, in the order in which the fold takes those of one moment. #}
{% macro event_name(expression) -%}
    cast({{ expression }} as enum (
        'lead_created', 'sales_appointment_booked', 'sales_job_canceled', 'estimate_created', 'estimate_sold',
        'install_appointment_booked', 'install_job_canceled', 'install_job_completed', 'state_set'
    ))
{%- endmacro %}
