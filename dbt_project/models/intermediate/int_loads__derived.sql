-- depends_on: {{ ref('int_customer_events') }}

select * from {{ ref('int_loads__seen') }}
