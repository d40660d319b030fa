"""How every form of the portal looks."""

from typing import Any

from django import forms

CLASSES: dict[type, str] = {
    forms.CheckboxInput: "form-check-input",
    forms.CheckboxSelectMultiple: "",
    forms.Select: "form-select",
}


class PortalForm(forms.Form):
    """Labels without a colon, Bootstrap's classes, one plain sentence for a field left empty."""

    required_css_class = "required"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("label_suffix", "")
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            kind = CLASSES.get(type(field.widget), "form-control")
            field.widget.attrs["class"] = f"{field.widget.attrs.get('class', '')} {kind}".strip()
            field.error_messages["required"] = f"请填写{field.label}。"
