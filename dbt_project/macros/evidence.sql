{# The tables in which an event's evidence may be, with what staging calls the record's id. #}
{% macro evidence() %}
    {{ return({
        'leads': 'lead_id',
        'appointments': 'appointment_id',
        'jobs': 'job_id',
        'estimates': 'estimate_id',
        'state_updates': 'state_update_id',
    }) }}
{% endmacro %}
