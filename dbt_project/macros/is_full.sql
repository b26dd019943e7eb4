{# Whether this derivation is one of all customers: asked as soon as int_derivations__begun stands, so that the SQL of the
   other kind is not even written. #}
{% macro is_full() %}
    {% set begun = relation_before('intermediate', 'int_derivations__begun') %}
    {% if execute and begun %}
        {{ return(run_query('select is_full from ' ~ begun).columns[0][0]) }}
    {% endif %}
    {{ return(true) }}
{% endmacro %}
