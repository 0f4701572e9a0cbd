"""Edits of an avatar's maps: layers of stickers, paint, colour changes, style and reshaping.

Map: ``layer`` says what a layer is, ``tiles`` what its picture is made of, ``stack`` what can be
done with layers; ``canvas`` knows where on the head each texel lies and ``placement`` unrolls the
skin around a point. ``sticker`` lays a picture there, ``brush`` paints along ``strokes``; ``masks``
finds regions, ``adjust`` changes their colours, ``geometry`` the splats' shape, ``style``
(``palette``, ``quilting``, ``neural_style``) the whole look. ``compose`` turns maps and layers
into maps, ``blend`` holds its formulas, ``stored`` keeps layers in files, ``pictures`` reads
pictures, ``carry`` takes layers to another head. ``library_drawn`` draws ``edit_assets``.
"""
