"use strict";

const note = document.getElementById("note");
const table = document.getElementById("executions");

function cell(row, text, className) {
  const td = row.insertCell();
  td.textContent = text;
  if (className) td.className = className;
}

function show(executions) {
  const body = table.tBodies[0];
  body.replaceChildren();
  for (const execution of executions) {
    const row = body.insertRow();
    const what = execution.policy ? `${execution.project}/${execution.policy}` : "ad-hoc preheat";
    cell(row, execution.id);
    cell(row, what);
    cell(row, execution.status, execution.status);
    cell(row, `${execution.counts.success} of ${execution.counts.total}`);
    cell(row, new Date(execution.created_at).toLocaleString());
    cell(row, execution.message);
  }
  table.hidden = executions.length === 0;
  note.textContent = executions.length === 0 ? "Nothing has run yet. Create a policy with the API and execute it." : "";
}

async function load() {
  try {
    const answer = await fetch("/api/v1/executions?page_size=50");
    if (!answer.ok) throw new Error(`the server answered ${answer.status}`);
    show(await answer.json());
  } catch (error) {
    note.textContent = `Cannot load the executions: ${error.message}`;
  }
}

load();
setInterval(load, 5000);
