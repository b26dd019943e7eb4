{#- the sources' tags say what each raw table is for; tests hold them against pipelines/servicetitan/streams.py -#}

{#- what a tenant's history consists of -#}
{%- macro streams() -%}
    {{ return(sources_where(without=['ours', 'optional'])) }}
{%- endmacro %}

{#- what messages say, and no state comes of -#}
{%- macro facts_only() -%}
    {{ return(sources_where(with='facts_only')) }}
{%- endmacro %}

{%- macro sources_where(with=none, without=[]) -%}
    {%- set names = [] -%}
    {%- for table in (graph.sources.values() if execute else []) if not with or with in table.tags -%}
        {%- if table.source_name == 'servicetitan' and table.tags | select('in', without) | list == [] -%}
            {%- do names.append(table.name) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(names) }}
{%- endmacro %}
