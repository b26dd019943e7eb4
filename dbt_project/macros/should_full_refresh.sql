{# In place of dbt's: where all customers are derived, incremental models are written anew. Row by row that took
   12 GB of memory with a million customers. A model that keeps something carries it over itself. #}
{% macro should_full_refresh() %}
    {{ return(model.resource_type == 'model' and is_full()) }}
{% endmacro %}
