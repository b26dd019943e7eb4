{# Of a relation of the last derivation, which may have been an earlier version's. #}
{% macro has_column(relation, name) %}
    {{ return(not execute or name in adapter.get_columns_in_relation(relation) | map(attribute='name')) }}
{% endmacro %}
