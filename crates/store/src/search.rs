//! Questions of Harbor's clients to lists that are too long for memory, as SQL.

use forewarm_domain::harbor::search::{Condition, Field, Kind, Search, Test};
use sqlx::{Postgres, QueryBuilder};

/// A statement under construction. Values are bound; all of its text is ours.
pub(crate) type Statement = QueryBuilder<Postgres>;

/// Which expression of SQL a column is; only columns of the list that [`Search::read`] was given come here.
pub(crate) type Expressions = fn(&str) -> &'static str;

/// Adds `AND …` for each condition.
pub(crate) fn push_conditions(statement: &mut Statement, search: &Search, expressions: Expressions) {
    for condition in &search.conditions {
        statement.push(" AND ");
        push_condition(statement, condition, expressions(condition.column.name));
    }
}

/// Adds `ORDER BY …`: what was asked for, then `usual`.
pub(crate) fn push_order(
    statement: &mut Statement,
    search: &Search,
    expressions: Expressions,
    usual: &'static str,
) {
    statement.push(" ORDER BY ");
    for (column, descending) in &search.order {
        statement.push(expressions(column.name));
        statement.push(if *descending { " DESC NULLS LAST, " } else { " NULLS FIRST, " });
    }
    statement.push(usual);
}

fn push_condition(statement: &mut Statement, condition: &Condition, expression: &'static str) {
    match &condition.test {
        Test::Is(field) => push_comparison(statement, expression, " = ", field),
        Test::Contains(part) => {
            let text = match condition.column.kind {
                Kind::Time => format!("to_char({expression} AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS')"),
                _ => format!("({expression})::text"),
            };
            statement.push(format!("strpos(lower({text}), lower(")).push_bind(part.clone()).push(")) > 0");
        }
        Test::Between(min, max) => {
            statement.push("true");
            for (bound, operator) in [(min, " >= "), (max, " <= ")] {
                if let Some(field) = bound {
                    statement.push(" AND ");
                    push_comparison(statement, expression, operator, field);
                }
            }
        }
        Test::OneOf(fields) => {
            statement.push("(false");
            for field in fields {
                statement.push(" OR ");
                push_comparison(statement, expression, " = ", field);
            }
            statement.push(")");
        }
    }
}

fn push_comparison(
    statement: &mut Statement,
    expression: &'static str,
    operator: &'static str,
    field: &Field,
) {
    statement.push("(").push(expression).push(")").push(operator);
    match field {
        Field::Text(text) => statement.push_bind(text.clone()),
        Field::Int(number) => statement.push_bind(*number),
        Field::Bool(truth) => statement.push_bind(*truth),
        Field::Time(time) => statement.push_bind(*time),
    };
}
