% tea(Name, Country, Price, Minutes).
tea(assam, india, 4.5, 3).
tea(sencha, japan, 6.0, 2).
tea(rooibos, 'south africa', 3.25, 7).

% pairs_with(Tea, Food).
pairs_with(assam, scones).
pairs_with(sencha, mochi).
pairs_with(Tea, biscuits) :- tea(Tea, _, Price, _), Price < 5.
