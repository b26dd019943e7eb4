{# The relation as the last derivation left it, or none; for what a model remembers across a circle of references. #}
{% macro relation_before(schema, identifier) %}
    {% if execute %}
        {{ return(adapter.get_relation(target.database, schema, identifier)) }}
    {% endif %}
{% endmacro %}
