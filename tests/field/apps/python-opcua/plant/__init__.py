"""The OPC UA server of the kettles."""
