{# A relation as the last derivation left it, or none: for what a derivation knows of the one before, which would be a
   circle among references. #}
{% macro relation_before(schema, identifier) %}
    {{ return(adapter.get_relation(target.database, schema, identifier) if execute else none) }}
{% endmacro %}
