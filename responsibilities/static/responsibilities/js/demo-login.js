/* Demo copies only: a press on a named account fills the form in. */
const section = document.querySelector(".demo-accounts");
const password = section?.querySelector("[data-demo-password]")?.textContent ?? "";

for (const row of section?.querySelectorAll("li") ?? []) {
  const address = row.querySelector("code").textContent;
  const button = document.createElement("button");
  button.type = "button";
  button.className = "demo-account";
  button.append(...row.childNodes);
  row.append(button);
  button.addEventListener("click", () => {
    document.getElementById("id_login").value = address;
    document.getElementById("id_password").value = password;
    document.querySelector(".entrance form [type=submit]").focus();
  });
}
