class FilterModule:
    def filters(self):
        return {"strong": lambda text: f"strong {text}"}
