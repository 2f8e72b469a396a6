from django import forms


class Order(forms.Form):
    mail = forms.EmailField()
    count = forms.IntegerField(min_value=1)
    when = forms.DateField(widget=forms.SelectDateWidget, required=False)
