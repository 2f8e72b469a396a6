<#include "head.ftl"><p>${name}: ${price}</p>
