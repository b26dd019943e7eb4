{# A derivation is a run of all models that are tables. Two tables of one row tell of it: `begun` of the newest, `ended` of
   the newest that came to its end. Where they differ, one was cut short. `rules` are those by which the latter went. #}
{% macro derivation(which) -%}
    {{ target.database }}.intermediate.derivation_{{ which }}
{%- endmacro %}

{# Whether all customers are derived: where dbt is told so (`--full-refresh`), and the first time. Else only those whom a
   change touches, and who are due. #}
{% macro is_full() %}
    {{ return(flags.FULL_REFRESH or not relation_before('intermediate', 'derivation_ended')) }}
{% endmacro %}

{# on-run-start #}
{% macro begin_derivation() %}
    {% if execute and derived_tables() and derived_tables() | reject('in', selected_resources) | list == [] %}
        create schema if not exists {{ target.database }}.intermediate;
        {% set of_old = adapter.get_relation(target.database, 'intermediate', 'int_derivations__ended') %}
        create table if not exists {{ derivation('ended') }} as
        select
            {{ 'as_of' if of_old else 'cast(null as timestamptz) as as_of' }},
            cast(null as varchar) as derivation_id,
            cast(0 as bigint) as last_change_id,
        {{ 'from ' ~ of_old if of_old else 'limit 0' }};
        {% if is_full() %}{{ drop_forgotten_relations() }}{% else %}{{ refuse_if_cut_short() }}{% endif %}
        create or replace table {{ derivation('begun') }} as
        select
            {{ as_of() }} as as_of,
            '{{ invocation_id }}' as derivation_id,
            {% if is_full() %}cast(null as varchar){% else %}(select derivation_id from {{ derivation('ended') }}){% endif %}
                as previous_derivation_id,
            '{{ var("project_version", invocation_id) }}' as project_version,
            '{{ var("rules_version", invocation_id) }}' as rules_version,
            (select coalesce(max(change_id), 0) from {{ target.database }}.servicetitan.changes) as last_change_id;
    {% endif %}
{% endmacro %}

{# on-run-end #}
{% macro end_derivation(results) %}
    {% set built = results | selectattr('status', 'equalto', 'success') | map(attribute='node.unique_id') | list %}
    {% if execute and derived_tables() | reject('in', built) | list == [] %}
        create or replace table {{ derivation('ended') }} as
        select
            *,
            least(
                (select min(reset_due_at) from {{ target.database }}.marts.customer_servicetitan_state),
                (select min(occurred_at) from {{ target.database }}.intermediate.int_customer_events where is_accepted is null)
            ) as next_due_at,
        from {{ derivation('begun') }};
        create or replace table {{ derivation('rules') }} as
        from {{ target.database }}.intermediate.int_rules;
    {% endif %}
{% endmacro %}

{% macro derived_tables() %}
    {% set found = [] %}
    {% for node in graph.nodes.values() if node.resource_type == 'model' and node.config.materialized != 'view' %}
        {% do found.append(node.unique_id) %}
    {% endfor %}
    {{ return(found) }}
{% endmacro %}

{# What was derived from the changes of a run that nobody knows the end of is neither old nor new. #}
{% macro refuse_if_cut_short() %}
    {% set begun = adapter.get_relation(target.database, 'intermediate', 'derivation_begun') %}
    {% if begun and run_query(
        'select 1 from ' ~ derivation('begun') ~ ' anti join ' ~ derivation('ended') ~ ' using (derivation_id)'
    ).rows %}
        {{ exceptions.raise_compiler_error('the last derivation did not come to its end: run dbt with --full-refresh') }}
    {% endif %}
{% endmacro %}

{# Of an earlier version of the project. The marts are people's: what was one stays. #}
{% macro drop_forgotten_relations() %}
    {% set known = graph.nodes.values() | map(attribute='name') | list
        + ['derivation_begun', 'derivation_ended', 'derivation_rules'] %}
    {% for schema, name, type in run_query(
        "select table_schema, table_name, table_type from information_schema.tables"
        " where table_catalog = '" ~ target.database ~ "' and table_schema in ('staging', 'intermediate')"
    ).rows if name not in known %}
        drop {{ 'view' if type == 'VIEW' else 'table' }} {{ target.database }}.{{ schema }}."{{ name }}";
    {% endfor %}
{% endmacro %}
