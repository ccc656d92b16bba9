import RouteModel
